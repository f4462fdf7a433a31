"""The community's board: what people write there, what we answer, and what becomes of it. Source: Y04, K01"""
