package dev.leasehold.docs

import org.jetbrains.dokka.DokkaConfiguration
import org.jetbrains.dokka.DokkaConfigurationImpl
import org.jetbrains.dokka.DokkaException
import org.jetbrains.dokka.DokkaGenerator
import org.jetbrains.dokka.DokkaSourceSetID
import org.jetbrains.dokka.DokkaSourceSetImpl
import org.jetbrains.dokka.PackageOptionsImpl
import org.jetbrains.dokka.PluginConfigurationImpl
import org.jetbrains.dokka.utilities.DokkaConsoleLogger
import org.jetbrains.dokka.utilities.LoggingLevel
import java.io.File
import java.nio.file.Files
import kotlin.system.exitProcess

/** Writes what Dokka says of [modules], with a way back to [home]; ends the process when that has gaps. */
internal fun writeApi(title: String, output: File, classpath: String, modules: List<File>, home: String? = null) {
    val libraries = classpath.split(File.pathSeparatorChar).map(::File)
    val assets = Files.createTempDirectory("assets").toFile()
    try {
        val configuration = DokkaConfigurationImpl(
            moduleName = title,
            outputDir = output.apply { deleteRecursively() },
            offlineMode = true,
            failOnWarning = true,
            sourceSets = modules.map { sourceSet(it, libraries) },
            pluginsConfiguration = listOf(look(assets, home)),
        )
        DokkaGenerator(configuration, DokkaConsoleLogger(LoggingLevel.WARN)).generate()
    } catch (failure: DokkaException) {
        System.err.println(
            "The documentation of $title has gaps, warned of above (${failure.message}). Every public declaration " +
                "needs KDoc, companion objects too, and every [link] must lead somewhere.",
        )
        exitProcess(1)
    } finally {
        assets.deleteRecursively()
    }
}

/** The site's own mark, footer and way back, in place of Dokka's. */
private fun look(assets: File, home: String?): PluginConfigurationImpl {
    val logo = assets.resolve("logo-icon.svg").apply { writeBytes(resource("logo-icon.svg")) }
    val link = if (home == null) "" else """, "homepageLink": "$home""""
    val values = """{"customAssets": ["${logo.path}"], "footerMessage": "$FOOTER"$link}"""
    val json = DokkaConfiguration.SerializationFormat.JSON
    return PluginConfigurationImpl("org.jetbrains.dokka.base.DokkaBase", json, values)
}

private fun sourceSet(module: File, libraries: List<File>): DokkaSourceSetImpl {
    val sources = module.resolve("src/main/kotlin")
    require(sources.isDirectory) { "$module has no src/main/kotlin to document" }
    val texts = module.resolve("packages.md")
    require(texts.isFile) { "$texts is missing, which says what each package of the module is for" }
    checkTexts(module, texts)
    return DokkaSourceSetImpl(
        displayName = module.name,
        sourceSetID = DokkaSourceSetID(module.name, "main"),
        sourceRoots = setOf(sources, module.resolve("src/main/java")).filter(File::isDirectory).toSet(),
        // What a struct declares its fields with is protected.
        documentedVisibilities = setOf(DokkaConfiguration.Visibility.PUBLIC, DokkaConfiguration.Visibility.PROTECTED),
        samples = setOf(module.resolve("src/test/kotlin/samples")).filter(File::isDirectory).toSet(),
        includes = setOf(texts),
        classpath = libraries,
        jdkVersion = Runtime.version().feature(),
        reportUndocumented = true,
        perPackageOptions = listOf(INTERNAL),
    )
}

/** Each package that [module] exports to all has a text in [texts], and no other has. */
private fun checkTexts(module: File, texts: File) {
    val declaration = module.resolve("src/main/java/module-info.java")
    val exported = found("(?m)^\\s*exports ([\\w.]+);", declaration)
    val described = found("(?m)^# Package ([\\w.]+)$", texts)
    check(exported == described) { "$texts describes $described, and the module exports $exported" }
}

private fun found(pattern: String, file: File): Set<String> =
    Regex(pattern).findAll(file.readText()).map { it.groupValues[1] }.toSet()

/** What footers say. */
internal const val FOOTER: String = "Leasehold, under the Apache License 2.0"

private val INTERNAL = PackageOptionsImpl(
    matchingRegex = ".*\\.internal(\\..*)?",
    includeNonPublic = false,
    reportUndocumented = false,
    skipDeprecated = false,
    suppress = true,
    documentedVisibilities = emptySet(),
)
