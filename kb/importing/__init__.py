"""Knowledge from files: tables of questions and answers, and folders of documents."""

from kb.importing.queueing import handlers as handlers
