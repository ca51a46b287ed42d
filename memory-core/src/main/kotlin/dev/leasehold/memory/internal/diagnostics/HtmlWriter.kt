package dev.leasehold.memory.internal.diagnostics

/** Writes HTML. All that is not markup is escaped, and what cannot be seen is made visible. One thread. */
internal class HtmlWriter {
    private val html = StringBuilder()

    /** Writes [markup] as it is. */
    fun raw(markup: String) {
        html.append(markup)
    }

    /** Writes [value] as text. */
    fun text(value: String): Unit = escape(value)

    /** An element with [attributes], of which those that are null are left out, and what [content] writes. */
    inline fun element(name: String, vararg attributes: Pair<String, Any?>, content: HtmlWriter.() -> Unit) {
        open(name, attributes)
        content()
        close(name)
    }

    /** An element with [value] as its text. */
    fun element(name: String, vararg attributes: Pair<String, Any?>, value: String) {
        open(name, attributes)
        escape(value)
        close(name)
    }

    /** Begins an element. */
    fun open(name: String, attributes: Array<out Pair<String, Any?>>) {
        html.append('<').append(name)
        for ((key, value) in attributes) {
            if (value == null) continue
            html.append(' ').append(key).append("=\"")
            escape(value.toString())
            html.append('"')
        }
        html.append('>')
    }

    /** Ends an element. */
    fun close(name: String) {
        html.append("</").append(name).append(">")
    }

    private fun escape(value: String) {
        var start = 0
        for (index in value.indices) {
            val written = writtenFor(value, index) ?: continue
            html.append(value, start, index).append(written)
            start = index + 1
        }
        html.append(value, start, value.length)
    }

    /** What is written for the character at [index] of [value]; null where that is itself. */
    private fun writtenFor(value: String, index: Int): String? {
        val char = value[index]
        return when {
            char in '0'..';' || char in '?'..'~' -> null
            char == '&' -> "&amp;"
            char == '<' -> "&lt;"
            char == '>' -> "&gt;"
            char == '"' -> "&quot;"
            char == '\'' -> "&#39;"
            isHidden(value, index) -> pictureOf(char).toString()
            else -> null
        }
    }

    // Controls, half characters, and what turns the direction of the text around it.
    private fun isHidden(value: String, index: Int): Boolean {
        val char = value[index]
        if (char.isHighSurrogate()) return value.getOrNull(index + 1)?.isLowSurrogate() != true
        if (char.isLowSurrogate()) return value.getOrNull(index - 1)?.isHighSurrogate() != true
        return char.isISOControl() || char in '\u202A'..'\u202E' || char in '\u2066'..'\u2069' || char >= '\uFFFE'
    }

    private fun pictureOf(char: Char): Char = when (char) {
        in '\u0000'..'\u001F' -> PICTURES + char.code
        '\u007F' -> '\u2421'
        else -> '\uFFFD'
    }

    override fun toString(): String = html.toString()

    private companion object {
        /** The picture of the control character 0. */
        const val PICTURES = '\u2400'
    }
}
