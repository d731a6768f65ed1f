"""Questions asked of the warehouse: views/*.sql and checks/*.sql (a check returns its offenders)."""
