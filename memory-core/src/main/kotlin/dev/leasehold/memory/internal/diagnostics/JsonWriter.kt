package dev.leasehold.memory.internal.diagnostics

/** Writes JSON (RFC 8259), two blanks an indent. One thread. */
internal class JsonWriter {
    private val text = StringBuilder()
    private var depth = 0
    private var isFirst = true

    /** An object with what [fields] writes. */
    fun objectOf(fields: JsonWriter.() -> Unit): Unit = nested('{', '}', fields)

    /** A field that is an object. */
    fun objectField(name: String, fields: JsonWriter.() -> Unit) {
        begin(name)
        objectOf(fields)
    }

    /** A field that is an array with an object for each of [items]. */
    fun <T> arrayField(name: String, items: List<T>, item: JsonWriter.(T) -> Unit) {
        begin(name)
        nested('[', ']') {
            for (each in items) {
                next()
                objectOf { item(each) }
            }
        }
    }

    /** A field that is a string, or null. */
    fun field(name: String, value: String?) {
        begin(name)
        if (value == null) text.append("null") else quote(value)
    }

    /** A field that is a number, or null. */
    fun field(name: String, value: Long?) {
        begin(name)
        text.append(value)
    }

    /** A field that is true or false. */
    fun field(name: String, value: Boolean) {
        begin(name)
        text.append(value)
    }

    private fun begin(name: String) {
        next()
        quote(name)
        text.append(": ")
    }

    private fun next() {
        if (!isFirst) text.append(',')
        isFirst = false
        newLine()
    }

    private fun newLine() {
        text.append('\n')
        repeat(depth) { text.append("  ") }
    }

    private inline fun nested(open: Char, close: Char, content: JsonWriter.() -> Unit) {
        text.append(open)
        depth++
        isFirst = true
        content()
        depth--
        if (!isFirst) newLine()
        isFirst = false
        text.append(close)
    }

    private fun quote(value: String) {
        text.append('"')
        for (char in value) {
            when {
                char == '"' || char == '\\' -> text.append('\\').append(char)
                char < ' ' -> text.append("\\u").append(char.code.toString(HEX).padStart(HEX_DIGITS, '0'))
                else -> text.append(char)
            }
        }
        text.append('"')
    }

    override fun toString(): String = text.toString()

    private companion object {
        const val HEX = 16
        const val HEX_DIGITS = 4
    }
}
