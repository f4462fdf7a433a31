"""What plans answered, as our people see it: ticket by ticket, and month by month for leads."""
