"""Texts that a reader might type or a link might hold, and that Markdown, HTML or right-to-left text would change."""

PAYLOADS = (
    "[click](http://a.b)", "http://a.b", "https://a.b/c?d=e", "www.a.b", "WWW.a.b", "a@b.co", "mailto:a@b.co", "![i](x)", "<http://a.b>",
    ":material/home:", ":smile:", "x:smile:y", ":+1:", "::", ":red[x]", ":blue-background[x]", ":small[x]", ":streamlit:", ":material_home:",
    "&#x3c;", "&amp;", "<b>x</b>", "<!-- x -->", "$x$", "a $x$ b$", "$$x$$", "`", "``", "a`b", "`a", "`a`", "` `",
    "-->", "->", "a -> b", "--", "--------", "<-", ">=", "~=", "<->", "# x", "####", "1. x", "1) x", "- x", "+ x", "* x", "> q", "= x", "===", "---", "***",
    "|a|b|", "a|b", "~~x~~", "*x*", "**x**", "_x_", "__x__", "a_b", "\\", "\\\\", "\\*", "[^1]", "[x]: y", "[x]", "{a}", "^a^",
    "a\nb", "a\n\nb", "a\r\nb", "\ta", "  ", "a  b", " a", "a ", "   a   ",
    "ال", "ال سل", "שלום", "0 ال 1 سل", "\u202eabc", "\u2066abc", "\u200f", "\u200b", "\ufeffa", "\u0301", "e\u0301", "\x00", "\x7f", "\x1b[31m", "\u00a0x", "\ufffd",
    "'", '"', "'a'", "it's", "'a' and \"b\"", "“a”", "日本", "👍", "½", "é",
)  # fmt: skip
