namespace Glossa.Models.Losses;

/// <summary>The loss that a training step attaches to a forward graph. Labels of -100 are ignored; where all are, the loss and its gradients are zero.</summary>
public enum LossKind
{
    /// <summary>Cross entropy of each position's logits <c>[batch, sequence, vocabulary]</c> against the next position's label; labels <c>[batch, sequence]</c>, unshifted.</summary>
    CausalLm,

    /// <summary>Cross entropy of each position's logits <c>[batch, sequence, vocabulary]</c> against its own label; labels <c>[batch, sequence]</c>.</summary>
    MaskedLm,

    /// <summary>As <see cref="MaskedLm"/>, over a decoder whose input ids are shifted already.</summary>
    Seq2SeqLm,

    /// <summary>Cross entropy of logits <c>[batch, classes]</c> against labels <c>[batch]</c>.</summary>
    SequenceClassification,

    /// <summary>Cross entropy of logits <c>[batch, sequence, classes]</c> against labels <c>[batch, sequence]</c>.</summary>
    TokenClassification,

    /// <summary>Cross entropy of logits <c>[..., classes]</c> of any rank, flat rows too, against labels of their shape less its last axis.</summary>
    CrossEntropy,

    /// <summary>Mean of (output - target)^2 over all elements; <c>target</c> is float and shaped as the output.</summary>
    Mse,

    /// <summary>
    /// Contrastive over pairs (multiple negatives): of the batch's rows, the first half are anchors, the second half their positives in the same order. See
    /// <see cref="EmbeddingOptions"/>.
    /// </summary>
    Embedding,

    /// <summary>The output is a scalar loss already.</summary>
    Custom,
}
