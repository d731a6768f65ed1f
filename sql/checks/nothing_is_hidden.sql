-- Offenders: horizons. One is only ever written in a transaction that is undone.
select horizon_id
from horizon
