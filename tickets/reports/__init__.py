"""Service reports: a contract's period in figures that a customer may check. Source: Y14, Y15, K10, K13"""
