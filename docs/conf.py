"""How the documentation is built; nothing here needs the network."""

import sys
import tomllib
from pathlib import Path
from types import ModuleType

from sphinx.ext.napoleon import GoogleDocstring

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

with (ROOT / "pyproject.toml").open("rb") as file:
    metadata = tomllib.load(file)["project"]

project = "hubspot_async"
author = metadata["authors"][0]["name"]
copyright = f"2026, {author}"
release = version = metadata["version"]

# Airflow is a hundred packages, and here nothing but the names of its classes.
AIRFLOW = {
    "airflow": "",
    "airflow.sdk": "BaseHook BaseOperator BaseSensorOperator Connection Context",
    "airflow.sdk.exceptions": "AirflowException AirflowFailException AirflowSkipException",
    "airflow.sdk.execution_time": "",
    "airflow.sdk.execution_time.task_runner": "RuntimeTaskInstance",
    "airflow.triggers": "",
    "airflow.triggers.base": "BaseTrigger TaskFailedEvent TaskSkippedEvent TaskSuccessEvent TriggerEvent",
}
for name, classes in AIRFLOW.items():
    module = sys.modules[name] = ModuleType(name)
    vars(module).update({each: type(each, (), {"__module__": name}) for each in classes.split()})
sys.modules["airflow.triggers.base"].StartTriggerArgs = dict

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build"]
source_suffix = {".md": "markdown"}
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

default_role = "code"
autodoc_default_options = {"members": True, "undoc-members": True, "show-inheritance": True}
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_class_signature = "mixed"
napoleon_numpy_docstring = False
napoleon_use_ivar = True
# A docstring below an attribute is prose. Napoleon would take what stands before its first colon for a type.
GoogleDocstring._parse_attribute_docstring = GoogleDocstring._consume_to_end
python_use_unqualified_type_names = True
suppress_warnings = ["ref.python"]  # `type` is a field of several models, and a builtin in annotations
python_maximum_signature_line_length = 88

html_extra_path = ["llms.txt"]
html_theme = "furo"
html_title = f"hubspot_async {release}"
html_copy_source = False
html_show_sphinx = False
