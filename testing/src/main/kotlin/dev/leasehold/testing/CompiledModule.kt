package dev.leasehold.testing

import java.nio.file.Path
import kotlin.io.path.extension
import kotlin.io.path.name
import kotlin.io.path.walk
import kotlin.metadata.jvm.KotlinClassMetadata

/** The class files of a module, and what of them is API. */
internal class CompiledModule(folder: Path) {
    val classes: List<CompiledClass> = folder.walk()
        .filter { it.extension == "class" && it.name != "module-info.class" }.sorted().map(::CompiledClass).toList()

    private val named: Map<String, CompiledClass> = classes.associateBy { it.name }

    init {
        check(classes.isNotEmpty()) { "$folder holds no class files: compile the module first" }
    }

    fun outerOf(type: CompiledClass): CompiledClass? = named[type.outerName]

    /** What the source of [type] declares; that of a facade over several files, what those do. */
    fun declarationsOf(type: CompiledClass): List<Declaration> {
        val facade = type.metadata as? KotlinClassMetadata.MultiFileClassFacade ?: return type.declarations()
        return facade.partClassNames.mapNotNull(named::get).flatMap { it.declarations() }
    }

    fun companionOf(type: CompiledClass): CompiledClass? =
        type.kotlinClass?.companionObject?.let { named["${type.name}$$it"] }

    /** The flags of [type] as Java sees them: of a class in a class, what the one around it says. */
    fun flagsOf(type: CompiledClass): Int =
        outerOf(type)?.nested?.find { it.innerClass().asInternalName() == type.name }?.flagsMask() ?: type.flags

    /** Whether users compile against [type]: because the source says so, or because an inline function needs it. */
    fun isApi(type: CompiledClass): Boolean = type.isDeclaredApi && outerOf(type)?.let(::isApi) != false
}
