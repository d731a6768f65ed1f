"""WHEN and WHERE: the flows, the command line, and the steps that both compose."""
