"""A module beside the plugin."""


def shout(text: str) -> str:
    return text.upper() + "!"
