"""Deliveries from a folder, over SFTP and over HTTPS: the same promises, against real servers on loopback."""

import datetime as dt
import logging
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import asyncssh
import pytest
import trustme
from fsspec.implementations.memory import MemoryFileSystem

from flows.cli import main
from flows.steps import inbox, inbox_http, inbox_remote, inbox_sftp
from flows.steps.inbox import InboxClosed, InboxUnreachable
from flows.steps.settings import ConfigurationError, Settings, load_settings
from tests.faults import Place, Town
from tests.inbox_servers import PASSWORD, USER, HttpServer, SftpServer, free_port

PROJECT = Path(__file__).parent.parent
BAD = Path(__file__).parent / "files" / "bad"
TOWN = Town("183", "Ishøj")
CPR = "2307714987"
LIMIT = 1_000_000
OLD = 1_600_000_000
CA = trustme.CA()


def put(folder: Path, name: str | bytes, content: bytes = b"x;y\n", moment: float = OLD) -> Path:
    """Let a file lie in a folder since long ago."""
    path = Path(os.fsdecode(os.fsencode(folder) + b"/" + os.fsencode(name)))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    os.utime(path, (moment, moment))
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "served"
    folder.mkdir()
    return folder


@pytest.fixture
def sftp(folder: Path) -> Iterator[SftpServer]:
    with SftpServer(folder) as server:
        yield server


@pytest.fixture
def web(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HttpServer]:
    trust(tmp_path, monkeypatch)
    with HttpServer(folder, CA.issue_cert("localhost"), (USER, PASSWORD)) as server:
        yield server


def trust(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    CA.cert_pem.write_to_path(folder / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(folder / "ca.pem"))


@pytest.fixture(params=["sftp", "web"])
def server(request: pytest.FixtureRequest) -> SftpServer | HttpServer:
    return request.getfixturevalue(request.param)


@pytest.fixture
def settings_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Settings]:
    """Give the settings for a URL, with the password in the environment and the server's key beside the settings."""
    (tmp_path / "tasks.csv").write_text("pakke;kle;opgave;boelge\n", encoding="utf-8")
    monkeypatch.setenv("KANALSTATUS_CONFIG", str(tmp_path / "kanalstatus.toml"))
    monkeypatch.setenv("KANALSTATUS_INBOX_ACCESS__PASSWORD", PASSWORD)
    monkeypatch.setattr(inbox_remote, "BACK_OFF_SECONDS", (0.05, 0.1))

    def settings_of(server: SftpServer | HttpServer, url: str = "") -> Settings:
        (tmp_path / "kanalstatus.toml").write_text(f'inbox = "{url or server.url}"\n', encoding="utf-8")
        if isinstance(server, SftpServer) and not (tmp_path / "known_hosts").exists():
            (tmp_path / "known_hosts").write_text(server.known_hosts(), encoding="utf-8")
        return load_settings()

    return settings_of


def names(settings: Settings) -> list[str]:
    with inbox.opened(settings) as deliveries:
        return [file.name for file in deliveries.list_files()]


def contents(settings: Settings, limit: int = LIMIT) -> dict[str, bytes | None]:
    """Return what is read of each file; None for what is still arriving."""
    with inbox.opened(settings) as deliveries:
        found = {file.name: deliveries.read(file, limit) for file in deliveries.list_files()}
    return {name: content and content.data for name, content in found.items()}


# --- The same through every door --------------------------------------------------------------------


def remote_place(tmp_path: Path, server: SftpServer | HttpServer) -> Place:
    """Give a working folder whose deliveries come from a server that shows its folder `deliveries`."""
    place = Place(tmp_path / "here", published=("183",))
    server.folder = place.inbox
    place.configure(more=f'inbox = "{server.url}"\n[inbox_access]\npassword = "{PASSWORD}"')
    if isinstance(server, SftpServer):
        (place.folder / "known_hosts").write_text(server.known_hosts(), encoding="utf-8")
    return place


def bytes_written(place: Place) -> bytes:
    """Return all that stands in the working folder, but for the inbox, the settings and the samples' own bytes."""
    own = [place.folder / "kanalstatus.toml", place.folder / "known_hosts"]
    paths = [path for path in place.folder.rglob("*") if place.inbox not in path.parents and path not in own]
    return b"\n".join(os.fsencode(path) + (path.read_bytes() if path.is_file() else b"") for path in paths)


@pytest.mark.slow
def test_samples_get_the_same_verdicts_as_from_a_folder_and_a_rerun_adds_nothing(tmp_path, server):
    place, twin = remote_place(tmp_path, server), Place(tmp_path / "twin", published=("183",))
    for each in (place, twin):
        for path in sorted(BAD.glob("*.*")):
            each.put(path.name, path.read_bytes())
        each.put(f"mappe/udtræk {CPR}.csv", TOWN.csv())
        each.put("god.csv", TOWN.csv())
        each.put("halv.csv.part", b"x")
    told = place.run()
    assert told.code == twin.run().code == 3
    kept = ("file_name", "sha256", "source", "status", "reason", "rows_read", "rows_accepted", "rows_rejected")
    verdicts = [{name: row[name] for name in kept} for row in place.deliveries()]
    assert verdicts == [{name: row[name] for name in kept} for row in twin.deliveries()]
    assert {row["status"] for row in verdicts} >= {"accepted", "held", "refused"}
    again = place.run()
    assert again.code == 0
    assert len(place.deliveries()) == len(verdicts)
    doctor, planned = place.run("doctor"), place.run("plan")
    assert doctor.code == planned.code == 0
    assert f"{len(verdicts)} files" in doctor.printed
    everything = bytes_written(place) + "".join(each.printed for each in (told, again, doctor, planned)).encode()
    assert PASSWORD.encode() not in everything
    assert CPR.encode() not in everything
    if isinstance(server, SftpServer):
        assert server.changes == []
    else:
        assert {request.split()[0] for request in server.requests} == {"GET", "HEAD"}


def test_a_delivery_refused_for_its_numbers_is_read_again_from_the_server(tmp_path, server):
    place = remote_place(tmp_path, server)
    place.put("p_numre.csv", TOWN.csv([row | {"Enhed": f"P {CPR}"} for row in TOWN.rows()]))
    assert place.run().code == 3
    assert place.run("accept", "1", "--reason", "P-numre", "--not-personal").code == 0
    assert place.deliveries()[0]["status"] == "accepted"


# --- What is listed ---------------------------------------------------------------------------------


def test_names_are_masked_and_escaped_and_unfinished_uploads_are_left_alone(folder, server, settings_of):
    for name in ("a.csv", "b.csv.part", "c.TMP", ".d.csv", "~$e.xlsx", "under/f & g.csv", ".skjult/h.csv", "100 %.csv"):
        put(folder, name)
    put(folder, f"j {CPR}.csv")
    put(folder, b"l\nm.csv")
    put(folder, b"\xe6.csv")
    # Python's own server tells a name that is no UTF-8 by the code of its surrogate.
    latin = "\\xe6.csv" if isinstance(server, SftpServer) else "\\xed\\xb3\\xa6.csv"
    expected = sorted(["100 %.csv", latin, "a.csv", "l\\x0am.csv", "under/f & g.csv"])
    found = names(settings_of(server))
    assert [name for name in found if not name.startswith("j ")] == expected
    assert len(found) == len(expected) + 1
    assert not [name for name in found if CPR in name]
    assert set(contents(settings_of(server)).values()) == {b"x;y\n"}


def test_files_come_in_order_of_time_and_name(folder, server, settings_of):
    for name, moment in (("b.csv", OLD), ("a.csv", OLD + 5), ("c.csv", OLD)):
        put(folder, name, moment=moment)
    assert names(settings_of(server)) == ["b.csv", "c.csv", "a.csv"]


def test_a_file_written_just_now_has_to_settle(folder, server, settings_of):
    put(folder, "gammel.csv")
    put(folder, "ny.csv", moment=dt.datetime.now(dt.UTC).timestamp() - 30)
    put(folder, "frem.csv", moment=dt.datetime.now(dt.UTC).timestamp() + 86_400)
    assert names(settings_of(server)) == ["gammel.csv", "frem.csv"]


def test_an_entry_that_stands_elsewhere_is_never_asked_for(folder, tmp_path, sftp, settings_of):
    put(folder, "god.csv")
    outside = put(tmp_path, "udenfor.csv", b"outside")
    file = asyncssh.SFTPAttrs(type=asyncssh.FILEXFER_TYPE_REGULAR, size=7, permissions=0o100644, mtime=OLD, atime=OLD)
    for name in (b"../udenfor.csv", os.fsencode(outside), b"god.csv/../../udenfor.csv"):
        sftp.more_names.append(asyncssh.SFTPName(name, attrs=file))
    folder_outside = asyncssh.SFTPAttrs(
        type=asyncssh.FILEXFER_TYPE_DIRECTORY, permissions=0o40755, mtime=OLD, atime=OLD
    )
    sftp.more_names.append(asyncssh.SFTPName(b"../..", attrs=folder_outside))
    with inbox.opened(settings_of(sftp)) as deliveries:
        files = deliveries.list_files()
        assert {file.name for file in files if not file.is_link} == {"god.csv"}
        assert {deliveries.read(file, LIMIT).data for file in files if file.is_link} == {b""}
    assert sum(file.is_link for file in files) == 3


def test_links_are_told_as_links(folder, tmp_path, sftp, settings_of):
    (folder / "henvisning.csv").symlink_to(put(folder, "god.csv"))
    os.utime(folder / "henvisning.csv", (OLD, OLD), follow_symlinks=False)
    with inbox.opened(settings_of(sftp)) as deliveries:
        assert {file.name: file.is_link for file in deliveries.list_files()} == {
            "henvisning.csv": True,
            "god.csv": False,
        }


def test_only_links_to_files_of_the_folder_count(folder, web, settings_of):
    for name in ("god.csv", "å & ø.csv", "under/x.csv"):
        put(folder, name)
    page = f"""<base href="https://example.dk/"><a href="god.csv">x</a><a href="?C=N;O=D">Name</a><a href="../">up</a>
        <a href="../god.csv">x</a><a href="/god.csv#top">x</a><a href="https://example.dk/god.csv">x</a>
        <a href="//example.dk/god.csv">x</a><a href="http://localhost:{web.port}/god.csv">x</a>
        <a href="%2e%2e%2fx">x</a><a href="under%2Fx.csv">x</a><a href="borte.csv">x</a>
        <a href="mailto:x@example.dk">x</a>
        <a href="http://[x">x</a>
        <A HREF='/%C3%A5 &amp; %C3%B8.csv'>x</A><a>x</a><a href="god.csv">again</a><a href="under/x.csv">x</a>"""
    web.pages["/"] = ("text/html; charset=utf-8", page.encode())
    assert names(settings_of(web)) == ["god.csv", "å & ø.csv"]
    asked = {request.split(maxsplit=1)[1] for request in web.requests}
    assert asked == {"/", "/god.csv", "/borte.csv", "/%C3%A5%20%26%20%C3%B8.csv"}


def test_a_listing_in_json_will_do(folder, web, settings_of):
    put(folder, "god æ.csv")
    put(folder, "under/x.csv")
    listing = (
        b'[{"name":"god \\u00e6.csv","type":"file","size":3},{"name":"under","type":"directory"},{"name":"../x"},7]'
    )
    web.pages["/"] = ("application/json", listing)
    assert names(settings_of(web)) == ["god æ.csv", "under/x.csv"]


@pytest.mark.parametrize("header", ["Last-Modified", "Content-Length"])
def test_a_file_whose_size_or_time_is_not_told_is_closed(folder, web, settings_of, header):
    put(folder, "god.csv")
    web.pages["/"] = ("text/html", b'<a href="god.csv">x</a>')
    web.headers = {header: ""}
    with inbox.opened(settings_of(web)) as deliveries:
        (file,) = deliveries.list_files()
        assert file.is_closed
        assert not deliveries.read(file, LIMIT).is_readable


def test_a_file_that_the_server_keeps_to_itself_is_closed_and_the_others_are_read(folder, web, settings_of):
    put(folder, "god.csv")
    put(folder, "lukket.csv")
    web.statuses["/lukket.csv"] = 403
    with inbox.opened(settings_of(web)) as deliveries:
        assert {file.name: file.is_closed for file in deliveries.list_files()} == {"god.csv": False, "lukket.csv": True}


def test_folders_without_end_are_no_inbox(web, settings_of, monkeypatch):
    monkeypatch.setattr(inbox_remote, "ENTRY_LIMIT", 20)
    web.pages = {f"/{'mere/' * depth}": ("text/html", b'<a href="mere/">x</a>') for depth in range(30)}
    with pytest.raises(InboxClosed, match="over 20 files and folders"):
        names(settings_of(web))


# --- What is read -----------------------------------------------------------------------------------


def test_a_file_that_grows_while_it_is_read_is_left_for_later(folder, server, settings_of):
    path = put(folder, "voksende.csv", b"1;2\n" * 50_000)
    put(folder, "god.csv")

    def grow(asked: object) -> None:
        if b"voksende" in (asked if isinstance(asked, bytes) else str(asked).encode()):
            path.write_bytes(path.read_bytes() + b"3;4\n")

    if isinstance(server, SftpServer):
        server.on_read = grow
    else:
        server.on_get = grow
    assert contents(settings_of(server)) == {"god.csv": b"x;y\n", "voksende.csv": None}


def test_a_file_of_the_same_size_and_another_time_is_left_for_later(folder, server, settings_of):
    path = put(folder, "a.csv")
    with inbox.opened(settings_of(server)) as deliveries:
        (file,) = deliveries.list_files()
        os.utime(path, (OLD + 1, OLD + 1))
        assert deliveries.read(file, LIMIT) is None
        path.unlink()
        assert deliveries.read(file, LIMIT) is None


def test_no_more_is_fetched_than_the_limit_and_than_was_listed(folder, server, settings_of):
    put(folder, "stor.csv", b"x" * 2000)
    assert contents(settings_of(server), 1999) == {"stor.csv": b""}
    assert server.sent < 1000  # the index page
    put(folder, "vokset.csv", b"x" * 10)
    with inbox.opened(settings_of(server)) as deliveries:
        files = {file.name: file for file in deliveries.list_files()}
        put(folder, "vokset.csv", b"x" * 50_000_000)
        assert deliveries.read(files["vokset.csv"], LIMIT) is None
    assert server.sent < 10_000_000  # what the machine's buffers take in before we hang up


def test_memory_is_an_inbox_as_well(monkeypatch):
    """Any file system of fsspec keeps the promises; this one is the library's own."""
    files = MemoryFileSystem(skip_instance_cache=True)
    monkeypatch.setattr(files, "store", {})
    monkeypatch.setattr(files, "pseudo_dirs", [""])
    for name in ("/ind/a.csv", "/ind/under/b.csv", "/ind/c.part", "/udenfor.csv"):
        files.pipe_file(name, b"x;y\n")
    server = inbox_remote.Server(lambda: files, lambda _: None, (OSError,), lambda error: error)
    remote = inbox_remote.RemoteInbox(server, "memory", "/ind", dt.timedelta(0), ())
    listed = remote.list_files()
    assert [file.name for file in listed] == ["a.csv", "under/b.csv"]
    assert {remote.read(file, LIMIT).data for file in listed} == {b"x;y\n"}


# --- Who may be trusted, and who may enter ----------------------------------------------------------


@pytest.mark.parametrize(
    ("known", "message"),
    [
        (None, "known_hosts cannot be read"),
        ("", "the server's key is not in known_hosts"),
        ("example.dk {own}", "the server's key is not in known_hosts"),
        ("[127.0.0.1]:{port} {other}", "the server's key is not in known_hosts"),
        ("[127.0.0.1]:{port} {rsa}", "the server has no key of the kind in known_hosts"),
        ("@revoked [127.0.0.1]:{port} {own}", "the server's key is not in known_hosts"),
        ("[127.0.0.1]:{port} {own}\n@revoked * {own}", "the server's key is not in known_hosts"),
    ],
)  # fmt: skip
def test_a_server_whose_key_is_not_known_gets_no_password(tmp_path, sftp, settings_of, monkeypatch, known, message):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh" / "known_hosts").write_text(sftp.known_hosts(), encoding="utf-8")  # must not be asked
    settings = settings_of(sftp)
    (tmp_path / "known_hosts").unlink()
    if known is not None:
        own, other, rsa = (
            key.export_public_key().decode().strip()
            for key in (
                sftp.key,
                asyncssh.generate_private_key("ssh-ed25519"),
                asyncssh.generate_private_key("ssh-rsa"),
            )
        )
        text = known.format(port=sftp.port, own=own, other=other, rsa=rsa)
        (tmp_path / "known_hosts").write_text(text, encoding="utf-8")
    with pytest.raises(InboxClosed, match=message) as error:
        names(settings)
    assert f"ssh-keyscan -p {sftp.port} 127.0.0.1" in str(error.value)
    assert sftp.logins == []


def test_a_certificate_that_nobody_trusts_gets_no_password(web, settings_of, monkeypatch):
    settings = settings_of(web)
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(InboxClosed, match="its certificate is not trusted"):
        names(settings)
    assert web.requests == []


def test_a_wrong_password_is_tried_once_and_told_without_it(server, settings_of, monkeypatch, capsys):
    monkeypatch.setenv("KANALSTATUS_INBOX_ACCESS__PASSWORD", "Forkert-Kode")
    settings_of(server)
    assert main(["run"]) == 2
    told = capsys.readouterr()
    assert "the login was refused" in told.err
    assert len(told.err.splitlines()) == 1
    assert "Forkert" not in told.err + told.out
    assert len(server.logins if isinstance(server, SftpServer) else server.requests) == 1


def test_a_private_key_opens_from_a_file_and_from_the_environment(folder, tmp_path, sftp, settings_of, monkeypatch):
    put(folder, "a.csv")
    key = asyncssh.generate_private_key("ssh-ed25519")
    sftp.user_key = key.export_public_key().decode()
    text = key.export_private_key(passphrase=PASSWORD, rounds=2).decode()
    (tmp_path / "id_levering").write_text(text, encoding="utf-8")
    for value in ("id_levering", text):
        monkeypatch.setenv("KANALSTATUS_INBOX_ACCESS__PRIVATE_KEY", value)
        assert names(settings_of(sftp)) == ["a.csv"]
    assert sftp.logins == []
    monkeypatch.setenv("KANALSTATUS_INBOX_ACCESS__PASSWORD", "forkert")
    with pytest.raises(InboxClosed, match="the private key cannot be read"):
        names(settings_of(sftp))


def test_without_a_login_nothing_is_tried(server, settings_of, monkeypatch):
    monkeypatch.delenv("KANALSTATUS_INBOX_ACCESS__PASSWORD")
    with pytest.raises(InboxClosed, match="KANALSTATUS_INBOX_ACCESS__PASSWORD"):
        names(settings_of(server))


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("sftp://u:Hemmeligt@host/x", "a password does not belong in the URL"),
        ("https://u:Hemmeligt@host/x", "a password does not belong in the URL"),
        ("https://host/x?sig=Hemmeligt", "not scheme://"),
        ("http://Hemmeligt.dk/x", "use https://"),
        ("http://127.0.0.1.Hemmeligt.dk/", "use https://"),
        ("ftp://Hemmeligt/x", "neither a folder nor"),
        ("memory://Hemmeligt", "neither a folder nor"),
        ("sftp://Hemmeligt/x", "names no user"),
        ("sftp://u@host:0/Hemmeligt", "a port that is not 1 to 65535"),
        ("sftp://u@host:Hemmeligt/", "not scheme://"),
        ("sftp://u@/Hemmeligt", "names no host"),
        ("https://host/../Hemmeligt", "without . or .."),
        ("https://host/%2e%2e/Hemmeligt", "without . or .."),
        ("sftp://%0aHemmeligt@host/", "control character"),
    ],
)
def test_a_url_that_cannot_be_used_is_told_without_being_printed(settings_of, url, message):
    with pytest.raises(ConfigurationError, match="inbox") as error:
        settings_of(None, url)
    assert message in str(error.value)
    assert "Hemmeligt" not in str(error.value)


def test_a_folder_that_is_not_there_is_told_at_once(server, settings_of):
    with pytest.raises(InboxClosed, match="the folder is not there"):
        names(settings_of(server, f"{server.url}borte"))


def test_a_server_that_points_elsewhere_is_not_followed(web, settings_of):
    web.answers = [302]
    with pytest.raises(InboxClosed, match="points elsewhere"):
        names(settings_of(web))
    assert len(web.requests) == 1


def test_a_place_that_is_no_folder_is_told(folder, web, settings_of):
    web.pages["/x/"] = ("text/csv", b"x")
    with pytest.raises(InboxClosed, match="no index page"):
        names(settings_of(web, f"{web.url}x"))


def test_a_server_without_sftp_is_told(sftp, folder, settings_of):
    with SftpServer(folder, offers_sftp=False) as other:
        settings = settings_of(other)
        with pytest.raises((InboxClosed, InboxUnreachable)) as error:
            names(settings)
    assert "no SFTP" in str(error.value)


# --- When the world fails ---------------------------------------------------------------------------


def test_a_server_that_is_down_fails_the_run_in_one_line_and_the_next_run_heals(tmp_path, server, monkeypatch):
    monkeypatch.setattr(inbox_remote, "BACK_OFF_SECONDS", (0.05,))
    place = remote_place(tmp_path, server)
    place.put("god.csv", TOWN.csv())
    server.stop()
    failed, doctor = place.run(), place.run("doctor")
    assert failed.code == doctor.code == 1
    assert "cannot be reached" in failed.printed
    assert len(failed.printed.splitlines()) == 1
    assert "NO  inbox" in doctor.printed
    assert PASSWORD not in failed.printed + doctor.printed
    server.start()
    assert place.run().code == 0
    assert [row["status"] for row in place.deliveries()] == ["accepted"]


def test_a_server_that_comes_back_in_time_fails_nothing(folder, server, settings_of, monkeypatch):
    put(folder, "a.csv")
    settings = settings_of(server)
    server.stop()
    waited: list[float] = []

    def wait(seconds: float) -> None:
        waited.append(seconds)
        if len(waited) == 2:
            server.start()

    monkeypatch.setattr(inbox_remote.time, "sleep", wait)
    assert names(settings) == ["a.csv"]
    assert waited == [0.05, 0.1]


def test_a_connection_that_breaks_between_two_files_is_made_again(folder, sftp, settings_of):
    put(folder, "a.csv")
    with inbox.opened(settings_of(sftp)) as deliveries:
        (file,) = deliveries.list_files()
        sftp.hang_up()
        assert deliveries.read(file, LIMIT).data == b"x;y\n"


@pytest.mark.parametrize("code", [429, 500, 503])
def test_a_busy_server_is_asked_again_and_not_for_ever(folder, web, settings_of, code):
    put(folder, "a.csv")
    web.answers = [code, code]
    assert names(settings_of(web)) == ["a.csv"]
    web.answers = [code] * 9
    with pytest.raises(InboxUnreachable) as error:
        names(settings_of(web))
    assert f"the server answers {code}" in error.value.strerror
    assert len(web.answers) == 6


def test_a_port_that_accepts_and_says_nothing_hangs_nobody(settings_of, folder, monkeypatch, tmp_path):
    monkeypatch.setattr(inbox_sftp, "CONNECT_SECONDS", 0.5)
    monkeypatch.setattr(inbox_sftp, "LOGIN_SECONDS", 0.5)
    monkeypatch.setattr(inbox_http, "SILENCE_SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        (tmp_path / "known_hosts").write_text("", encoding="utf-8")
        for url in (f"sftp://{USER}@127.0.0.1:{port}/", f"https://{USER}@127.0.0.1:{port}/"):
            with pytest.raises(InboxUnreachable):
                names(settings_of(None, url))


def test_a_server_that_falls_silent_while_a_file_is_read_hangs_nobody(folder, sftp, settings_of, monkeypatch):
    put(folder, "a.csv")
    monkeypatch.setattr(inbox_sftp, "READ_SECONDS", 0.3)
    sftp.read_delay = 600
    with inbox.opened(settings_of(sftp)) as deliveries:
        (file,) = deliveries.list_files()
        with pytest.raises(InboxUnreachable, match="no answer in time"):
            deliveries.read(file, LIMIT)


def test_a_web_server_that_falls_silent_hangs_nobody(web, settings_of, monkeypatch):
    monkeypatch.setattr(inbox_http, "SILENCE_SECONDS", 0.2)
    web.delay = 1
    with pytest.raises(InboxUnreachable, match="no answer in time"):
        names(settings_of(web))


# --- What is never written --------------------------------------------------------------------------


def test_no_log_names_a_file_or_a_password_however_much_is_logged(folder, server, settings_of, caplog):
    put(folder, f"udtræk {CPR}.csv")
    caplog.set_level(logging.DEBUG)
    contents(settings_of(server))
    assert CPR not in caplog.text
    assert PASSWORD not in caplog.text


def test_settings_that_are_kept_or_shown_hold_no_secret(sftp, settings_of):
    settings = settings_of(sftp)
    assert PASSWORD not in repr(settings) + str(settings.model_dump(mode="json")) + str(settings.public_content())
    assert "inbox" not in str(settings.public_content())
    assert USER not in str(settings.remote_inbox)


def test_a_folder_is_read_without_the_libraries_of_the_network(tmp_path):
    shutil.copytree(PROJECT / "examples", tmp_path, dirs_exist_ok=True)
    code = (
        "import sys; from flows import cli; code = cli.main(['plan']);"
        "sys.exit(code or ' '.join({'fsspec', 'asyncssh', 'sshfs', 'httpx'} & set(sys.modules)) or 0)"
    )
    environment = os.environ | {"KANALSTATUS_CONFIG": str(tmp_path / "kanalstatus.toml"), "PYTHONPATH": str(PROJECT)}
    ran = subprocess.run([sys.executable, "-c", code], check=False, env=environment, capture_output=True, text=True)
    assert (ran.returncode, ran.stderr) == (0, "")


def test_nothing_answers_on_a_port_of_nobody(settings_of, tmp_path):
    (tmp_path / "known_hosts").write_text("", encoding="utf-8")
    with pytest.raises(InboxUnreachable) as error:
        names(settings_of(None, f"sftp://{USER}@127.0.0.1:{free_port()}/"))
    assert error.value.filename.startswith("sftp://127.0.0.1:")
