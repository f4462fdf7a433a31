"""Live chat as our people have it: the desk with its line, conversations that were had, figures. Source: Y06, Y07"""
