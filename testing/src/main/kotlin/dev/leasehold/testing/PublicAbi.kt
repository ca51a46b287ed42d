package dev.leasehold.testing

import org.jetbrains.kotlin.abi.tools.AbiFilters
import org.jetbrains.kotlin.abi.tools.AbiTools
import java.io.File

/**
 * A module's public binary interface, compared with the dump that was committed for it.
 *
 * A change of the dump is a change for all code compiled against the library, so it must be seen in review.
 *
 * @property committed the committed dump
 * @property classes the folder of the module's compiled main classes
 */
public class PublicAbi(private val committed: File, private val classes: File) {
    /** Fails when the compiled classes and the committed dump differ; with `-Dabi.update` writes the dump instead. */
    public fun check() {
        val actual = dump()
        if (System.getProperty("abi.update") != null) {
            committed.absoluteFile.parentFile.mkdirs()
            committed.writeText(actual)
            return
        }
        if (!committed.isFile) throw AssertionError("There is no $committed yet. $REMEDY")
        val expected = committed.readText()
        if (actual != expected) throw AssertionError(difference(expected.lines(), actual.lines()))
    }

    /** The interface of the compiled classes; Kotlin's internal declarations are not part of it. */
    public fun dump(): String {
        // For a folder the tool returns an empty dump, which would equal any other: it needs the files themselves.
        val files = classes.walk().filter { it.extension == "class" && it.name != "module-info.class" }
            .sortedBy { it.invariantSeparatorsPath }.toList()
        check(files.isNotEmpty()) { "$classes holds no class files: compile the module first" }
        return buildString { AbiTools.getInstance().printJvmDump(this, files, AbiFilters.EMPTY) }
    }

    private fun difference(expected: List<String>, actual: List<String>): String = buildString {
        appendLine("The public API is not the one in $committed. $REMEDY")
        appendLine("Gone from the API:")
        appendLines(expected - actual.toSet())
        appendLine("New in the API:")
        appendLines(actual - expected.toSet())
    }

    private fun StringBuilder.appendLines(lines: List<String>) {
        if (lines.isEmpty()) appendLine("  nothing")
        lines.take(SHOWN).forEach { appendLine("  ${it.trim()}") }
        if (lines.size > SHOWN) appendLine("  and ${lines.size - SHOWN} more lines")
    }

    public companion object {
        private const val SHOWN = 40
        private const val REMEDY =
            "If the change is wanted, run `mvn -q test -Dtest=AbiSpec -Dabi.update` and commit the file."

        /** The interface of the module [name], from inside that module's tests. */
        public fun of(name: String): PublicAbi = PublicAbi(File("api/$name.api"), File("target/classes"))
    }
}
