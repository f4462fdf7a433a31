"""What was handed over: of one contract, of all the reader's accounts, and one by one."""
