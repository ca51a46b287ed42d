package dev.leasehold.memory.dsl

import java.io.ByteArrayOutputStream
import java.io.File
import java.io.PrintStream
import java.net.URLClassLoader
import java.nio.file.Files
import java.nio.file.Path

/**
 * The Kotlin compiler, in this process, with the tests' class path and the settings of a careful user.
 *
 * It has a class loader of its own, because other libraries on the tests' class path bring parts of a compiler too.
 */
internal object Compiler {
    private const val IMPORTS = """
        import dev.leasehold.memory.*
        import dev.leasehold.memory.dsl.*
        val pool = MemoryPool.isolated("compiled")
        suspend fun pause() {}
    """
    private const val MAIN = "org.jetbrains.kotlin.cli.jvm.K2JVMCompiler"
    private val OPTIONS = listOf(
        "-no-stdlib",
        "-no-reflect",
        "-jvm-target",
        "25",
        "-Werror",
        "-Xreturn-value-checker=full",
    )
    private val JARS =
        Regex(
            "(kotlin-(compiler-embeddable|stdlib|script-runtime|reflect|daemon)|kotlinx-coroutines-core|annotations).*",
        )
    private val classPath = System.getProperty("java.class.path")

    private val compiler: Class<*> = URLClassLoader(
        classPath.split(File.pathSeparator).map(::File).filter { JARS.matches(it.name) }.map { it.toURI().toURL() }
            .toTypedArray(),
        ClassLoader.getPlatformClassLoader(),
    ).loadClass(MAIN)

    /** What the compiler says against [program]: errors and warnings, which count as errors; empty when it compiles. */
    fun complaints(program: String): String {
        val directory = Files.createTempDirectory("compiled")
        try {
            val source = directory.resolve("Program.kt")
            return compile(Files.writeString(source, IMPORTS.trimIndent() + "\n" + program), directory)
        } finally {
            directory.toFile().deleteRecursively()
        }
    }

    private fun compile(source: Path, directory: Path): String {
        val said = ByteArrayOutputStream()
        val arguments =
            OPTIONS + listOf("-cp", classPath, "-d", directory.resolve("classes").toString(), source.toString())
        val outcome = compiler.getMethod("exec", PrintStream::class.java, Array<String>::class.java)
            .invoke(compiler.getDeclaredConstructor().newInstance(), PrintStream(said), arguments.toTypedArray())
        check(outcome.toString() in setOf("OK", "COMPILATION_ERROR")) { "the compiler broke down: $outcome\n$said" }
        return if (outcome.toString() == "OK") "" else said.toString().ifEmpty { "refused without a word" }
    }
}
