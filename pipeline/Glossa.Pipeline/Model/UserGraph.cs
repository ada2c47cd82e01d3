using Glossa.Models.Import;
using Glossa.Models.Onnx;

namespace Glossa.Pipeline.Model;

/// <summary>A user's own forward graph for <c>glossa run</c>: token ids in, logits out.</summary>
public static class UserGraph
{
    /// <summary>Reads the graph and checks that it fits the tokenizer.</summary>
    /// <exception cref="InputException">It is damaged, takes other inputs, or predicts fewer tokens than the vocabulary has.</exception>
    public static ImportedModel Load(string path, int vocabulary)
    {
        ImportedModel imported = ModelImport.Read(path, new ImportOptions());
        ModelProto model = imported.Original;
        foreach (ValueInfoProto input in model.Graph.Input)
        {
            if (input.Name is not ("input_ids" or "attention_mask") && model.Graph.Initializer.All(i => i.Name != input.Name))
                throw new InputException($"the graph takes the input '{input.Name}'", path, "give a graph of input_ids and attention_mask; `past_key_values` are added on export by presets alone");
        }
        if (model.Graph.Input.All(input => input.Name != "input_ids")) throw new InputException("the graph has no input 'input_ids'", path, "export it with that name");
        if (model.Graph.Output.Count == 0) throw new InputException("the graph has no output", path, "its first output has to be the logits [batch, sequence, vocabulary]");
        TensorShapeProto? shape = model.Graph.Output[0].Type?.TensorType?.Shape;
        if (shape is { Dim.Count: 3 } && shape.Dim[2].ValueCase == TensorShapeProto.Types.Dimension.ValueOneofCase.DimValue && shape.Dim[2].DimValue < vocabulary)
            throw new InputException($"the graph predicts {shape.Dim[2].DimValue} tokens, the vocabulary has {vocabulary} with its language tags", path, "lower tokenizer.vocabulary or export a larger head");
        return imported;
    }
}
