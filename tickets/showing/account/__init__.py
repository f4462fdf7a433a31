"""One customer over all its contracts: what it bought, what comes next, what was used, what is at risk."""
