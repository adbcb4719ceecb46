"""Imputing and scaling numbers in ONNX with 64 bits.

skl2onnx does both with 32 bits and leaves out the indicators of missing values. A tree then decides otherwise
wherever many rows have exactly the value that it splits at, as all imputed rows have.
"""

from typing import Any

import numpy as np
from skl2onnx import update_registered_converter
from skl2onnx.algebra.onnx_ops import (
    OnnxArrayFeatureExtractor,
    OnnxCast,
    OnnxConcat,
    OnnxDiv,
    OnnxIsNaN,
    OnnxSub,
    OnnxWhere,
)
from skl2onnx.common.data_types import DoubleTensorType
from skl2onnx.operator_converters.common import concatenate_variables
from skl2onnx.proto import onnx_proto
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import StandardScaler

OPSET = 18


def register() -> None:
    """Let skl2onnx convert these two like this; doing it again changes nothing."""
    update_registered_converter(SimpleImputer, "SklearnSimpleImputer", _imputed_shape, _impute)
    update_registered_converter(StandardScaler, "SklearnScaler", _scaled_shape, _scale)


def _imputed_shape(operator: Any) -> None:
    imputer = operator.raw_operator
    indicated = len(imputer.indicator_.features_) if imputer.add_indicator else 0
    operator.outputs[0].type = DoubleTensorType([None, len(imputer.statistics_) + indicated])


def _impute(scope: Any, operator: Any, container: Any) -> None:
    imputer = operator.raw_operator
    given = concatenate_variables(scope, operator.inputs, container)
    missing = OnnxIsNaN(given, op_version=OPSET)
    result: Any = OnnxWhere(missing, imputer.statistics_.astype(np.float64), given, op_version=OPSET)
    if imputer.add_indicator and len(imputer.indicator_.features_):
        places = imputer.indicator_.features_.astype(np.int64)
        flags = OnnxCast(missing, to=onnx_proto.TensorProto.DOUBLE, op_version=OPSET)
        watched = OnnxArrayFeatureExtractor(flags, places, op_version=OPSET)
        result = OnnxConcat(result, watched, axis=1, op_version=OPSET)
    write(result, scope, operator, container)


def _scaled_shape(operator: Any) -> None:
    operator.outputs[0].type = DoubleTensorType([None, operator.raw_operator.n_features_in_])


def _scale(scope: Any, operator: Any, container: Any) -> None:
    scaler = operator.raw_operator
    given = concatenate_variables(scope, operator.inputs, container)
    centred = OnnxSub(given, scaler.mean_.astype(np.float64), op_version=OPSET)
    write(OnnxDiv(centred, scaler.scale_.astype(np.float64), op_version=OPSET), scope, operator, container)


def write(result: Any, scope: Any, operator: Any, container: Any) -> None:
    """Write what a converter made into the model, as the output of its operator."""
    result.output_names = [operator.outputs[0].full_name]
    result.add_to(scope, container)
