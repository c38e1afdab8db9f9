"""Exports in a web app: pick, start, watch them live in any number of browsers, and download their files.

    app.py        the web side: routes, the stream of changes, and what lives as long as the app
    desk.py       takes orders, follows each export to its end, and fetches its file
    board.py      the exports as they stand, for any number of readers
    explain.py    errors in words for whoever looks at the page
    sandbox.py    a HubSpot to try it on
    __main__.py   the command
    static/       the page

It needs fastapi, sse-starlette and uvicorn: `pip install '.' fastapi sse-starlette uvicorn`, then
`python -m examples.web`. With HUBSPOT_ACCESS_TOKEN set it exports from that account, else from a sandbox.
"""
