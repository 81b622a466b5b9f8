"""Pictures that the server draws as SVG, with the same facts as text."""
