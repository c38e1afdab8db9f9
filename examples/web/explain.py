"""Errors in words for whoever looks at the page."""

from hubspot_async import errors


def explain(error: Exception) -> str:
    """Say what has happened, and what can be done about it."""
    match error:
        case errors.UnauthorizedError():
            return "HubSpot does not accept the access token of this app."
        case errors.ForbiddenError():
            return "The access token of this app may not export: it needs the scope crm.export."
        case errors.DailyLimitError():
            return "HubSpot takes no more requests today. Try again tomorrow."
        case errors.ConnectionFailedError():
            return "HubSpot cannot be reached. Try again in a while."
        case errors.StartOutcomeUnknownError(start=start):
            return f"HubSpot's answer was lost: the export may have begun, or not. {start.how_to_check}."
        case errors.TaskNotSucceededError():
            return "HubSpot gave this export up."
        case errors.ResponseError(message=message):
            return f"HubSpot says: {message}"
        case _:
            return str(error)
