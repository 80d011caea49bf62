"""The command line: what can be asked, and how an answer or an error leaves the program."""
