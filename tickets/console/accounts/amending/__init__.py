"""Changes of a signed contract: what may be changed, the forms for it, and the page that holds them."""
