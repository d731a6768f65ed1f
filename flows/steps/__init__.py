"""The only code with side effects: plain functions, without Prefect."""
