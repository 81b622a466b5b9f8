"""`quanheng setup`: a bureau is set up from one workbook."""
