"""The API's surface: what each family of calls answers."""

from hubspot_async.sandbox.routes.accounts import ACCOUNTS, PROPERTIES, TOKENS
from hubspot_async.sandbox.routes.exports import EXPORTS
from hubspot_async.sandbox.routes.files import FILES
from hubspot_async.sandbox.routes.folders import FOLDERS
from hubspot_async.sandbox.routes.imports import IMPORTS
from hubspot_async.sandbox.routes.source_code import SOURCE_CODE

FAMILIES = (EXPORTS, IMPORTS, FILES, FOLDERS, SOURCE_CODE, ACCOUNTS, PROPERTIES, TOKENS)
