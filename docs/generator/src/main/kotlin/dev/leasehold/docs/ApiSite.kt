package dev.leasehold.docs

import org.jetbrains.dokka.DokkaConfiguration
import org.jetbrains.dokka.DokkaConfigurationImpl
import org.jetbrains.dokka.DokkaException
import org.jetbrains.dokka.DokkaGenerator
import org.jetbrains.dokka.DokkaSourceSetID
import org.jetbrains.dokka.DokkaSourceSetImpl
import org.jetbrains.dokka.utilities.DokkaConsoleLogger
import org.jetbrains.dokka.utilities.LoggingLevel
import java.io.File
import kotlin.system.exitProcess

/**
 * Writes one API site: `<title> <output folder> <class path> <module folder>...`.
 *
 * It is also the documentation gate: a public declaration without KDoc, or a link that leads nowhere, fails it.
 */
public fun main(args: Array<String>) {
    require(args.size > 3) { "usage: <title> <output folder> <class path> <module folder>..." }
    val (title, output, classpath) = args
    val libraries = classpath.split(File.pathSeparatorChar).map(::File)
    val configuration = DokkaConfigurationImpl(
        moduleName = title,
        outputDir = File(output).apply { deleteRecursively() },
        offlineMode = true,
        failOnWarning = true,
        sourceSets = args.drop(3).map { sourceSet(File(it), libraries) },
    )
    try {
        DokkaGenerator(configuration, DokkaConsoleLogger(LoggingLevel.WARN)).generate()
    } catch (failure: DokkaException) {
        System.err.println(
            "The documentation of $title has gaps, warned of above (${failure.message}). Every public declaration " +
                "needs KDoc, companion objects too, and every [link] must lead somewhere.",
        )
        exitProcess(1)
    }
}

private fun sourceSet(module: File, libraries: List<File>): DokkaSourceSetImpl {
    val sources = module.resolve("src/main/kotlin")
    require(sources.isDirectory) { "$module has no src/main/kotlin to document" }
    return DokkaSourceSetImpl(
        displayName = module.name,
        sourceSetID = DokkaSourceSetID(module.name, "main"),
        sourceRoots = setOf(sources, module.resolve("src/main/java")).filter(File::isDirectory).toSet(),
        // What a struct declares its fields with is protected.
        documentedVisibilities = setOf(DokkaConfiguration.Visibility.PUBLIC, DokkaConfiguration.Visibility.PROTECTED),
        samples = setOf(module.resolve("src/test/kotlin/samples")).filter(File::isDirectory).toSet(),
        classpath = libraries,
        jdkVersion = Runtime.version().feature(),
        reportUndocumented = true,
    )
}
