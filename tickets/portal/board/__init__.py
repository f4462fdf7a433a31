"""The community as customers see it: what others asked and said, and what the vendor answered. Source: Y04, K01"""
