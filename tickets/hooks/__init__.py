"""The front door for other programs' own webhooks: `/hooks/{adapter}/{key}/`."""
