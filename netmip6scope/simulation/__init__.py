"""The command `simulate`: scenarios from files, runs of the nodes in `replay`, captures of them."""
