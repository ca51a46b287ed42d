package dev.leasehold.samples.particles

import java.nio.file.Path

/**
 * Runs this program with [arguments] in a JVM of its own, with a heap of 256 MiB, about four times of what a million
 * objects take, and returns what it prints. So neither way finds the heap, or code that was compiled, as the other left
 * it.
 */
internal fun inOwnJvm(arguments: List<String>): List<String> {
    val java = Path.of(System.getProperty("java.home"), "bin", "java").toString()
    val options = listOf("-Xms256m", "-Xmx256m", "--enable-native-access=ALL-UNNAMED")
    val program = listOf("-cp", System.getProperty("java.class.path"), "dev.leasehold.samples.particles.MainKt")
    val process = ProcessBuilder(listOf(java) + options + program + arguments)
        .redirectError(ProcessBuilder.Redirect.INHERIT).start()
    val lines = process.inputReader(Charsets.UTF_8).readLines()
    check(process.waitFor() == 0) { "the program with $arguments ended with ${process.exitValue()}" }
    return lines
}
