"""Updates of products: their calendar, each window, requests, packages, and a contract's own."""
