"""Advice in a report: rules written as data over named figures, in `fixtures/reports/advice.yaml`. Source: Y15, K13"""
