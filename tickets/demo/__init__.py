"""Demo data: customers, people and a quarter of their tickets, lived through by the product's own actions."""
