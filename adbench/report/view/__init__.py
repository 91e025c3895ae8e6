"""What a report says, before it is Markdown or HTML: verdict, attention list, matrix, cases."""
