package dev.leasehold.testing

import java.io.File

/**
 * The exceptions from a rule that are left, one on each line of a file that gets shorter and never longer.
 *
 * @param file where they are; none, when none is left
 * @param option what runs the test of the rule alone
 */
internal class ShrinkingList(private val file: File, private val option: String) {
    /**
     * Fails with those of [found] that are not listed, and with what is listed and not found any more. With `-Dabi.update` the
     * latter are taken off the list instead.
     */
    fun check(found: List<String>, what: String) {
        val listed = if (file.isFile) file.readLines() else emptyList()
        val unknown = found - listed.toSet()
        if (unknown.isNotEmpty()) throw AssertionError(unknown.joinToString("\n", "$what:\n"))
        val over = listed - found.toSet()
        if (over.isEmpty()) return
        if (System.getProperty("abi.update") != null) return shrinkTo(listed - over.toSet())
        throw AssertionError(
            over.joinToString("\n", "Good, these are no more. Run `mvn -q test $option -Dabi.update`:\n"),
        )
    }

    private fun shrinkTo(left: List<String>) {
        if (left.isNotEmpty()) return file.writeText(left.joinToString("\n", postfix = "\n"))
        check(file.delete()) { "$file could not be deleted" }
    }
}
