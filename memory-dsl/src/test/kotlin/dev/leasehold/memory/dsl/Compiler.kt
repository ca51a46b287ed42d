package dev.leasehold.memory.dsl

import org.jetbrains.kotlin.cli.common.ExitCode
import org.jetbrains.kotlin.cli.common.arguments.K2JVMCompilerArguments
import org.jetbrains.kotlin.cli.common.messages.CompilerMessageSeverity
import org.jetbrains.kotlin.cli.common.messages.CompilerMessageSourceLocation
import org.jetbrains.kotlin.cli.common.messages.MessageCollector
import org.jetbrains.kotlin.cli.jvm.K2JVMCompiler
import org.jetbrains.kotlin.config.Services
import java.nio.file.Files
import java.nio.file.Path

/** The Kotlin compiler, in this process, with the tests' class path and the settings of a careful user. */
internal object Compiler {
    private const val IMPORTS = """
        import dev.leasehold.memory.*
        import dev.leasehold.memory.dsl.*
        val pool = MemoryPool.isolated("compiled")
        suspend fun pause() {}
    """

    /** What the compiler says against [program]; nothing when it compiles. */
    fun complaints(program: String): List<String> {
        val directory = Files.createTempDirectory("compiled")
        try {
            return compile(
                Files.writeString(directory.resolve("Program.kt"), IMPORTS.trimIndent() + "\n" + program),
                directory,
            )
        } finally {
            directory.toFile().deleteRecursively()
        }
    }

    private fun compile(source: Path, directory: Path): List<String> {
        val complaints = Complaints()
        val arguments = K2JVMCompilerArguments().apply {
            freeArgs = listOf(source.toString())
            destination = directory.resolve("classes").toString()
            classpath = System.getProperty("java.class.path")
            noStdlib = true
            noReflect = true
            jvmTarget = "25"
            allWarningsAsErrors = true
            returnValueChecker = "full"
        }
        val code = K2JVMCompiler().exec(complaints, Services.EMPTY, arguments)
        check((code == ExitCode.OK) == complaints.found.isEmpty()) {
            "the compiler answered $code: ${complaints.found}"
        }
        return complaints.found
    }

    private class Complaints : MessageCollector {
        val found = mutableListOf<String>()

        override fun clear() = found.clear()

        override fun hasErrors() = found.isNotEmpty()

        override fun report(
            severity: CompilerMessageSeverity,
            message: String,
            location: CompilerMessageSourceLocation?,
        ) {
            if (severity.isError || severity.isWarning) found += message
        }
    }
}
