"""The pages of the desks: the public portal and the desks of everybody who works on cases.

`site.py` is the application. Each desk is a module with its routes. Pages read and act through the services'
HTTP APIs as the person who is signed in, so that they can do no more than the person may.
"""
