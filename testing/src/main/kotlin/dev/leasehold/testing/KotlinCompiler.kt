package dev.leasehold.testing

import java.nio.file.Path

/**
 * A Kotlin compiler of any version.
 *
 * It has a JVM of its own: it would meet newer parts of itself on the tests' class path, and Lincheck would rework the
 * thousands of classes that it leaves behind.
 *
 * @param jars the compiler and the libraries that it needs
 */
public class KotlinCompiler(jars: List<Path>) {
    private val program = JavaProgram("org.jetbrains.kotlin.cli.jvm.K2JVMCompiler", jars)

    /**
     * Compiles [source] against [classPath] and nothing else into [output], with [options] added, and returns what the
     * compiler says against it: errors, and warnings, which count as errors. Empty when it compiles.
     */
    public fun complaints(source: Path, classPath: List<Path>, output: Path, options: List<String>): String {
        val arguments = listOf("-no-stdlib", "-no-reflect", "-Werror") + options +
            listOf("-cp", classPath.joinToString(System.getProperty("path.separator")), "-d", "$output", "$source")
        val end = program.run(*arguments.toTypedArray())
        check(end.exitCode in setOf(COMPILED, REFUSED)) { "the compiler broke down, ${end.exitCode}:\n${end.output}" }
        return if (end.exitCode == COMPILED) "" else end.output.ifEmpty { "refused without a word" }
    }

    private companion object {
        const val COMPILED = 0
        const val REFUSED = 1
    }
}
