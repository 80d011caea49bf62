"""Display filters: text to an expression, an expression to the rows or frames it holds for.

`fields` knows the names, `parse` reads the text, `columns` asks a whole table and `match` one
frame or row. `select` joins the two for the commands.
"""
