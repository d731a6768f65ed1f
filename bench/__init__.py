"""What the project's claims of speed are measured with; each prints ratios against a named alternative."""
