"""Other people's software, in an environment of its own and run as subprocesses."""
