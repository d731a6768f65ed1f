"""WHAT is true about the data; imports nothing of ours."""
