package dev.leasehold.testing

import java.lang.constant.MethodTypeDesc
import kotlin.metadata.KmConstructor
import kotlin.metadata.KmDeclarationContainer
import kotlin.metadata.KmFunction
import kotlin.metadata.KmProperty
import kotlin.metadata.KmValueParameter
import kotlin.metadata.MemberKind
import kotlin.metadata.Visibility
import kotlin.metadata.declaresDefaultValue
import kotlin.metadata.jvm.JvmMemberSignature
import kotlin.metadata.jvm.JvmMethodSignature
import kotlin.metadata.jvm.KotlinClassMetadata
import kotlin.metadata.jvm.fieldSignature
import kotlin.metadata.jvm.getterSignature
import kotlin.metadata.jvm.setterSignature
import kotlin.metadata.jvm.signature
import kotlin.metadata.jvm.syntheticMethodForAnnotations
import kotlin.metadata.kind
import kotlin.metadata.visibility

/**
 * What became of a Kotlin declaration in a class file.
 *
 * @property member the member that it became; a companion's may be in the class around it
 * @property isApi whether users compile against it
 * @property hasDefaults whether there may be overloads with fewer parameters
 * @property isWritten whether it is in the source; what the compiler derives, as a data class's `component1`, is not
 */
internal class Declaration(
    val member: JvmMemberSignature,
    val isApi: Boolean,
    val hasDefaults: Boolean = false,
    val isWritten: Boolean = true,
) {
    /** Whether [other] may be this with some of the parameters left out. */
    fun mayBeCalledAs(other: JvmMemberSignature): Boolean {
        if (!hasDefaults || other !is JvmMethodSignature || other.name != member.name) return false
        val all = member.type().parameterList().iterator()
        return other.type().parameterList().all { wanted -> all.asSequence().any { it == wanted } }
    }
}

private fun JvmMemberSignature.type(): MethodTypeDesc = MethodTypeDesc.ofDescriptor(descriptor)

/** All that the Kotlin source of this class file declares and the class file has a member for. */
internal fun CompiledClass.declarations(): List<Declaration> {
    val published = model.methods().filter { it.isPublished() }.map { it.signature() }.toSet()
    return when (val metadata = metadata) {
        is KotlinClassMetadata.Class ->
            metadata.kmClass.constructors.mapNotNull { it.declaration(published) } +
                members(metadata.kmClass, published)

        is KotlinClassMetadata.FileFacade -> members(metadata.kmPackage, published)

        is KotlinClassMetadata.MultiFileClassPart -> members(metadata.kmPackage, published)

        else -> emptyList()
    }
}

internal fun Visibility.isApi(): Boolean = this == Visibility.PUBLIC || this == Visibility.PROTECTED

private fun members(container: KmDeclarationContainer, published: Set<JvmMemberSignature>): List<Declaration> =
    container.functions.mapNotNull { it.declaration(published) } +
        container.properties.flatMap { it.declarations(published) }

private fun KmConstructor.declaration(published: Set<JvmMemberSignature>) = signature?.let {
    Declaration(it, visibility.isApi() || it in published, valueParameters.haveDefaults())
}

private fun KmFunction.declaration(published: Set<JvmMemberSignature>) = signature?.let {
    val isWritten = kind != MemberKind.SYNTHESIZED
    Declaration(it, visibility.isApi() || it in published, valueParameters.haveDefaults(), isWritten)
}

private fun List<KmValueParameter>.haveDefaults(): Boolean = any { it.declaresDefaultValue }

private fun KmProperty.declarations(published: Set<JvmMemberSignature>): List<Declaration> {
    // The annotations of a property are on a method of their own.
    val isPublished = syntheticMethodForAnnotations?.let { it in published } == true
    val isSettable = setter?.visibility?.isApi() ?: true
    return listOfNotNull(
        getterSignature?.let { Declaration(it, isPublished || getter.visibility.isApi()) },
        setterSignature?.let { Declaration(it, isPublished || isSettable) },
        fieldSignature?.let { Declaration(it, isPublished || (isSettable && visibility.isApi())) },
    )
}
