package dev.leasehold.benchmarks

import java.nio.file.Path

/** A program of this JAR in a JVM of its own: the same Java and class path as here, with [options] of its own. */
internal fun childJvm(options: List<String>, main: String, vararg arguments: String): ProcessBuilder {
    val java = Path.of(System.getProperty("java.home"), "bin", "java").toString()
    val classPath = listOf("-cp", System.getProperty("java.class.path"))
    return ProcessBuilder(listOf(java) + options + classPath + main + arguments)
}
