"""What a contract owes by when: the schedule, pure, and how it stands."""
