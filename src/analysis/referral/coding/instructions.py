"""What coders read before they answer: the first sheet of the file."""

# Title, and sentences below it.
INSTRUCTIONS = (
    (
        "Two coders, who do not see each other's answers",
        (
            "Each of the two coders gets a copy of this file, still empty. The first coder fills in the blue columns, "
            "the second coder the orange ones, and neither looks at the other's copy before both are done.",
            "The data manager joins the two copies. The adjudicator then decides where the two differ, in the green "
            "columns, and says in the note why. The adjudicator is neither of the two.",
        ),
    ),
    (
        "How to answer",
        (
            "0 absent: looked for, and a source shows that there is none.",
            "1 drafted or partial: a draft, a pilot, or a part of it.",
            "2 adopted and partly implemented: in force, but not everywhere or not for everybody.",
            "3 in operation nationwide: a source shows that it works in the whole country.",
            "yes or no: of the law or the practice as the indicator words it. A count: how many of the parts that are "
            "named there are. Per cent: write 45 for 45 %, and 0.5 % for less than one. Other figures: a number, or "
            "words.",
            "unknown: you looked and found nothing that says so. Unknown is not no: answer 0 or no only where a source "
            "says that there is none. not applicable: the question cannot be put to this country.",
            "Do not write NA, which can mean either, and do not write 2-3: answer the higher one only where a source "
            "shows it.",
        ),
    ),
    (
        "Evidence and page",
        (
            "Each answer other than unknown needs its evidence: title, year and publisher of the document, or its "
            "address; and the page or article. An answer without evidence is kept, and is not used.",
            "Public evidence so far is what this project has read. It is not an answer: look at the source, and say "
            "what you found.",
            "Write your name or initials in each row that you answer, and the day as 2026-11-26.",
        ),
    ),
    (
        "What to leave as it is",
        (
            "Do not insert, delete or merge cells, and do not rename columns. Sorting the whole table does no harm.",
            "Do not copy rows from the sheet of another country.",
        ),
    ),
)
