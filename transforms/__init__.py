"""HOW data becomes other data: bytes and frames in, frames or HTML out."""
