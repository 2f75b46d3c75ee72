"""The picture formats that lookalike reads, one file each; see ``format.py`` to add one."""
