"""stub"""


def line(writer, rec, area_id=""):
    from analysis.report import markdown

    w = writer.words
    return w(
        "advice",
        "by_when",
        who=markdown.escaped(rec.addressee.get(writer.language, rec.addressee["en"])),
        action=markdown.escaped(rec.action.get(writer.language, rec.action["en"])),
        when=w("time_frames", rec.time_frame),
        id=rec.recommendation_id,
    )


def chapter(writer, table, recs):
    return "\n\n".join(
        f"## {r.recommendation_id} {{#recommendation-{r.recommendation_id}}}\n\n"
        + writer.text(r.text[writer.language], "x")
        for r in recs
    )


def of_area(table, texts, area_id, language):
    return [r for r in texts.recommendations if language in r.text and (area_id in r.areas or not r.areas)][:3]
